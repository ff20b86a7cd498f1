//! `image!`, as a user calls it. It only passes `$crate` on, so that an expansion finds its names through
//! this one dependency; `lapstrake-macros` does the work.

/// A whole image, checked inside rustc: an [`Image`](lapstrake::Image).
///
/// Each entry expands to one call of the builder, so both forms describe the same images. `image!` reports a
/// mistake earlier: in the editor, on the word that is wrong, with its fix.
///
/// The same image in both forms:
///
/// ```
/// use lapstrake_xtask::prelude::*;
///
/// fn declared(variant: &str) -> Image {
///     image! {
///         name: format!("telematics-{variant}"),
///         base: registry "registry.example/autosd-bootc-qemu:1",
///         version: env!("CARGO_PKG_VERSION"),
///         label "org.example.variant" = variant,
///
///         layer "config" {
///             sysusers "sensord" ["u sensord - \"Telemetry\""]
///             tmpfiles "sensord" ["d /var/lib/sensord 0750 sensord sensord -"]
///             text "interval = 1\n" => "/etc/sensord.toml" { mode: 0o640, owner: "root:wheel" }
///             unit "sensord.service" = "[Service]\nExecStart=/usr/bin/sensord\n" { enabled }
///         }
///         layer "app" {
///             bin "sensord"
///             if variant == "cluster" {
///                 bin "gauges" { features: ["can"] }
///             }
///         }
///     }
/// }
///
/// fn built(variant: &str) -> Image {
///     let mut app = Layer::new("app").bin("sensord");
///     if variant == "cluster" {
///         app = app.bin(Bin::new("gauges").features(["can"]));
///     }
///     Image::new(format!("telematics-{variant}"), Base::registry("registry.example/autosd-bootc-qemu:1"))
///         .version(env!("CARGO_PKG_VERSION"))
///         .label("org.example.variant", variant)
///         .layer(
///             Layer::new("config")
///                 .sysusers("sensord", ["u sensord - \"Telemetry\""])
///                 .tmpfiles("sensord", ["d /var/lib/sensord 0750 sensord sensord -"])
///                 .with(File::text("interval = 1\n", "/etc/sensord.toml").mode(0o640).owner("root:wheel"))
///                 .unit(Unit::text("sensord.service", "[Service]\nExecStart=/usr/bin/sensord\n").enabled()),
///         )
///         .layer(app)
/// }
///
/// assert_eq!(declared("cluster"), built("cluster"));
/// assert_eq!(declared("infotainment"), built("infotainment"));
/// ```
///
/// # An image
///
/// | | |
/// |---|---|
/// | `name: "telematics"` | needed |
/// | `base: registry "REFERENCE"` | needed; or `containers-storage "REFERENCE"`, `oci "DIR:TAG"`, `oci-archive "FILE"`, `stand-in`, `"docker://REFERENCE"`, any value of type [`Base`](lapstrake::Base) |
/// | `base: registry "…" { architecture: "arm64" }` | which image of several |
/// | `version: "1.4.0"`, `reference: "REFERENCE"` | |
/// | `label "KEY" = "VALUE"`, `env "NAME" = "VALUE"` | |
/// | `workdir: "/PATH"`, `user: "NAME"`, `entrypoint: ["PROGRAM", …]`, `cmd: […]`, `stop_signal: "SIGTERM"` | for containers of the image; bootc ignores them, as it does `env` |
/// | `allow "CHECK"` | accepts a finding about the image as a whole |
/// | `layer "NAME" { … }` | a layer of entries |
/// | `layer VALUE`, `..VALUES` | layers that your Rust made |
///
/// # The entries of a layer
///
/// An entry is on a line of its own, or commas separate them. Options are in braces behind an entry:
/// `{ mode: 0o640, enabled }`.
///
/// | entry | options |
/// |---|---|
/// | `bin "NAME"` | `package` `features` `no_default_features` `profile` `target` `at` `in_stage` `mode` `owner` `capability` |
/// | `file "ASSET" => "/PATH"`, `text "TEXT" => "/PATH"` | `fill` `mode` `owner` `capability` |
/// | `built "/PATH/IN/THE/STAGE" => "/PATH"` | `stage`, which it needs, `mode` `owner` `capability` |
/// | `built_tree "/PATH/IN/THE/STAGE" => "/PATH"` | `stage`, which it needs, and the options of `tree` |
/// | `image_file "REFERENCE" = "/PATH/IN/THE/IMAGE" => "/PATH"` | `mode` `owner` `capability` |
/// | `image_tree "REFERENCE" = "/PATH/IN/THE/IMAGE" => "/PATH"` | the options of `tree` |
/// | `fetched "URL" = "sha256:DIGEST" => "/PATH"` | `mode` `owner` `capability` |
/// | `fetched_tree "URL" = "sha256:DIGEST" => "/PATH"` | `strip_components` and the options of `tree` |
/// | `tree "ASSET" => "/PATH"` | `only` `exclude` `mode_of` `owner_of` `dir_mode` `mode` `owner` `capability` |
/// | `dir "/PATH"` | `mode` `owner` |
/// | `symlink "/PATH" -> "TARGET"`, as ls(1) shows it | `owner` |
/// | `remove "/PATH"` | |
/// | `copy "/PATH" => "/PATH"`, `rename "/PATH" => "/PATH"` | |
/// | `unit "ASSET"`, `unit "NAME.service" = "TEXT"` | `enabled` `instances` `named` `for_users` `mode` `owner` |
/// | `quadlet "ASSET"`, `quadlet "NAME.container" = "TEXT"` | `bound` `named` `mode` `owner` |
/// | `drop_in "ASSET" => "NAME.service"`, `drop_in "NAME" = "TEXT" => "NAME.service"` | `mode` `owner` |
/// | `edit "/PATH"` | `replace` `replace_all` `set` `insert_after` `append` |
/// | `enable` `disable` `mask` `"NAME.service"`, `default_target "NAME.target"` | `for_users` `if_present`, of the first three |
/// | `user "NAME"`, `user "NAME" = ID` with a login | `id` `description` `home` `shell` `groups` `authorized_keys` `password_hash` `sudo` `subids` `lingering` |
/// | `group "NAME"` | `id` |
/// | `state_seed "ASSET" => "/var/PATH"` | |
/// | `zone "NAME"`, `default_zone "NAME"` | `port` `service` `source` `interface` `masquerade`, of the first |
/// | `bound "REFERENCE"` | |
/// | `embed "REFERENCE"` | `named` |
/// | `ca_certificate "ASSET"`, `kmod "ASSET.ko"` | |
/// | `kernel "PACKAGE"` | `replacing` |
/// | `built_kmod "/PATH/IN/THE/STAGE"`, `built_selinux_module "/PATH/IN/THE/STAGE"` | `stage`, which they need; `signed` `pin`, of the first |
/// | `initramfs` with options alone | `modules` `omit` `drivers` |
/// | `qm` with options alone | `packages` `file` `text` `unit` `enable` `quadlet` `memory_max` `memory_high` `cpu_weight` |
/// | `motd "TEXT"` | |
/// | `environment_file "ASSET" => "/PATH"` | `mode` `owner` |
/// | `health_check "NAME" ["/PROGRAM", "ARGUMENT", …]`, `health_check "NAME.service"` | |
/// | `selinux_boolean "NAME" = true`, `selinux_context "PATTERN" = "TYPE"`, `selinux_module "ASSET"`, `selinux_permissive "DOMAIN"` | |
/// | `tmpfiles_of_packages "NAME"` | |
/// | `sysctl` `modules_load` `udev_rules` `preset` `environment` `sshd` `"NAME" ["LINE", …]` | `mode` `owner` |
/// | `hostname "NAME"`, `locale "NAME"`, `timezone "AREA/CITY"` | `mode` `owner`, of the first two |
/// | `sysusers` `tmpfiles` `"NAME ["LINE", …]`, or an `"ASSET.conf"` | |
/// | `kargs "NAME" ["ARGUMENT", …]` | `match_architectures` |
/// | `packages ["NAME", …]`, `packages` with options alone | `remove` `swap` `rpm_file` `rpm_dir` `rpm_from_stage` `repository` `repo_file` `enable_repository` `module` `upgrade_all` `allow_erasing` `without_scriptlets` `without_docs` `without_weak_dependencies` |
/// | `run ["PROGRAM", "ARGUMENT", …]`, `shell "SCRIPT"` | `env` `current_dir` `cache` `bind` `secret` `network` |
/// | `..VALUES` | entries that your Rust made |
///
/// An asset is a file of the workspace, as [`asset!`](crate::asset) takes it. Any Rust expression is a value.
/// Operands are in the order *what, where*, except for a symlink: its arrow points to the target, and the
/// builder's call is `Symlink::to(target, at)`. A computed name of `sysusers` and its kin takes its lines after `=`:
/// `tmpfiles format!("{name}-dirs") = lines`.
///
/// # Options that are more than a value
///
/// An option has the name and the argument of the builder's method; `remove` and `swap` are `and_remove` and
/// `and_swap`, and `stage` is the first argument of `File::from_stage` and `Tree::from_stage`.
///
/// | | |
/// |---|---|
/// | `env: "LANG" => "C.UTF-8"` | also `swap` (a package for another), `bind` (an asset, and where the step sees it), `fill` (a placeholder, and its value), `replace`, `replace_all` and `insert_after` of `edit`, `subids` (the first, and how many), `mode_of` and `owner_of` (a pattern, and what it gives), `repository` |
/// | `set: ["SECTION", "KEY"] => "VALUE"`, `set: "KEY" => "VALUE"` | of `edit` |
/// | `cache: "/var/cache/maps"` | also `rpm_file`, `rpm_dir`, `repo_file`, `enable_repository`, `module`, `append`, `authorized_keys`, those of `zone`, `secret`, `allow` |
/// | `repository: "ID" => "URL" { gpg_key: "ASSET", kept }` | and `unsigned`; or a value of type [`Repository`](lapstrake::entry::Repository) |
/// | `secret: Secret::env("ID", "NAME")` | a value of type [`Secret`](lapstrake::entry::Secret): never a text |
/// | `password_hash: "ASSET"` | or a value of type [`Secret`](lapstrake::entry::Secret) |
/// | `in_stage: VALUE`, `stage: VALUE` | a value of type [`BuildStage`](lapstrake::BuildStage) |
///
/// Those of the first four lines, and `secret`, may be repeated, or have a list:
/// `env: ["LANG" => "C.UTF-8", "TZ" => "UTC"]`. Any other option occurs once.
///
/// ```
/// use lapstrake_xtask::prelude::*;
///
/// fn builder() -> BuildStage {
///     BuildStage::on(Base::registry("registry.example/autosd-rust:1"))
/// }
///
/// let said = image! {
///     name: "telematics",
///     base: stand_in,
///     layer "platform" {
///         packages ["vsomeip3"] {
///             repository: "vendor" => "https://rpms.example/el10/$basearch" { kept },
///             swap: "coreutils-single" => "coreutils",
///             without_docs,
///         }
///     }
///     layer "app" {
///         bin "sensord" { in_stage: builder() }
///         built "/src/out/canfw" => "/usr/libexec/canfw" { stage: builder().run(["make", "-C", "/src"]) }
///         run ["maps-import"] {
///             env: "LANG" => "C.UTF-8",
///             secret: Secret::env("maps-token", "MAPS_TOKEN"),
///             network,
///         }
///         shell "ldconfig && rm -f /usr/lib/old"
///     }
/// };
///
/// let packages = Packages::install(["vsomeip3"])
///     .repository(Repository::new("vendor", "https://rpms.example/el10/$basearch").kept())
///     .and_swap("coreutils-single", "coreutils")
///     .without_docs();
/// let firmware = builder().run(["make", "-C", "/src"]);
/// let maps = Run::new(["maps-import"])
///     .env("LANG", "C.UTF-8")
///     .secret(Secret::env("maps-token", "MAPS_TOKEN"))
///     .network();
/// let built = Image::new("telematics", Base::stand_in()).layer(Layer::new("platform").with(packages)).layer(
///     Layer::new("app")
///         .bin(Bin::new("sensord").in_stage(builder()))
///         .with(File::from_stage(firmware, "/src/out/canfw", "/usr/libexec/canfw"))
///         .with(maps)
///         .with(Run::shell("ldconfig && rm -f /usr/lib/old")),
/// );
/// assert_eq!(said, built);
/// ```
///
/// # Branches
///
/// `if`, `else`, `for` and `match` stand around entries, labels and layers, with Rust's own meaning.
///
/// # What is checked
///
/// * Every literal, by the parser that the builder runs.
/// * Assets, that they are there, and are files or directories as the entry wants them.
/// * Destinations, that bootc keeps what is put there: not `/var`, `/run`, `/etc/passwd` and
///   the like ([`lapstrake::rule::refused`]).
/// * The whole: a path or a layer name twice, a file under another entry's file, a unit that is both
///   enabled and masked ([`lapstrake::rule::conflicts`]). Arms of one `match` never meet, and whether
///   entries under unrelated `if`s do is for `plan` to say.
///
/// A computed value is not known to rustc; `plan` checks it, with the entry's own line.
///
/// ```compile_fail
/// use lapstrake_xtask::prelude::*;
///
/// image! {
///     name: "telematics",
///     base: stand_in,
///     layer "app" {
///         dir "/var/lib/sensord"
///         // error: `/var/lib/sensord` is state: only the first installation would write it, and no update
///         //        help: let systemd make it at boot:
///         //              `tmpfiles "sensord" ["d /var/lib/sensord 0755 root root -"]`,
///         //              or `StateDirectory=sensord` in the unit
///     }
/// };
/// ```
///
/// # What it expands to
///
/// The layer `app` above:
///
/// ```text
/// .layer({
///     let mut layer = <lapstrake_xtask::lapstrake::Layer>::new("app").bin("sensord");
///     if variant == "cluster" {
///         layer = layer.bin(<lapstrake_xtask::lapstrake::entry::Bin>::new("gauges").features(["can"]));
///     }
///     layer
/// })
/// ```
///
/// `cargo expand` shows it of yours. Each call has the place of its own keyword, which is what a finding
/// of `plan` underlines.
#[macro_export]
macro_rules! image {
    ($($image:tt)*) => { $crate::__private::image!(($crate) $($image)*) };
}
