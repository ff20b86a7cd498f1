//! The same image by `image!`. A test compares the two forms.

use lapstrake_xtask::prelude::*;

use crate::{builder, key, probe, supplied};

/// The image, as `gateway()` of `main.rs` describes it.
pub(crate) fn gateway() -> Image {
    image! {
        name: "gateway",
        base: oci "parts/base:rig",
        version: env!("CARGO_PKG_VERSION"),

        layer "platform" {
            packages ["rig-greeter-1.0", "rig-old", "rig-user", "rig-signed"] {
                repository: [
                    "rig" => "http://127.0.0.1:8000/repo" { unsigned },
                    "signed" => "http://127.0.0.1:8000/signed" { gpg_key: key(), kept },
                ],
                rpm_file: supplied(),
                without_docs,
                without_weak_dependencies,
            }
        }

        layer "changes" {
            packages {
                remove: ["rig-user"],
                swap: "rig-old" => "rig-new",
                repo_file: "deploy/rig.repo",
            }
        }

        layer "tuning" {
            dir "/usr/share/gateway"
            run ["sort", "--unique", "-T", "/var/cache/sort", "-o", "routes", "/run/calibration/routes.csv"] {
                env: "LC_ALL" => "C",
                current_dir: "/usr/share/gateway",
                cache: "/var/cache/sort",
                bind: "calibration" => "/run/calibration",
            }
            shell "wc -c </run/secrets/token >/usr/share/gateway/token-length" {
                secret: Secret::env("token", "GATEWAY_TOKEN"),
            }
        }

        layer "app" {
            sysusers "gatewayd" ["u gatewayd - \"Gateway\""]
            bin "gatewayd" { in_stage: builder() }
            built "/src/can-probe" => "/usr/libexec/can-probe" { stage: probe() }
            unit "deploy/gatewayd.service" { enabled }
        }
    }
}
