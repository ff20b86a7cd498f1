use lapstrake_xtask::prelude::*;

/// A quadlet without a fault.
const QUADLET: &str =
    "[Container]\nImage=registry.example/a@sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881\n";

/// One fault in each layer, which has its name.
pub fn planted() -> Image {
    let kernel = "/usr/lib/modules/9.9/vmlinuz";
    Image::new("planted", Base::stand_in())
        .layer(Layer::new("api-base-directories").remove("/sys"))
        .layer(Layer::new("baseimage-root").remove("/ostree"))
        .layer(Layer::new("baseimage-composefs").text("[etc]\ntransient = true\n", "/usr/lib/ostree/prepare-root.conf"))
        .layer(Layer::new("bootc-kargs").text("karg = 1\n", "/usr/lib/bootc/kargs.d/10-x.toml"))
        .layer(Layer::new("etc-usretc").text("x\n", "/usr/etc/x"))
        .layer(Layer::new("kernel").text("x\n", kernel).text("x\n", "/usr/lib/modules/9.9/initramfs.img"))
        .layer(Layer::new("buildah-injected").text("", "/etc/hostname"))
        .layer(Layer::new("nonempty-boot").text("x\n", "/boot/grub.cfg"))
        .layer(Layer::new("nonempty-run-tmp").dir("/run/app"))
        .layer(Layer::new("var-tmpfiles").text("x\n", "/var/lib/app/x"))
        .layer(Layer::new("refused-destination").text("x\n", "/etc/group"))
        .layer(Layer::new("sysusers-gid").sysusers("web", ["u web 990:990"]))
        .layer(Layer::new("owner-number").with(File::text("x\n", "/etc/owned").owner("4711")))
        .layer(Layer::new("usr-owner").with(File::text("x\n", "/usr/share/owned").owner("dbus")))
        .layer(Layer::new("setuid").with(File::text("x\n", "/usr/bin/probe").mode(0o4755)))
        .layer(Layer::new("tmpfiles-mode").tmpfiles("mode", ["d /var/lib/mode 0644"]))
        .layer(Layer::new("tmpfiles-owner").tmpfiles("owner", ["d /var/lib/owner 0755 nobody-knows"]))
        .layer(Layer::new("etc-merge").remove("/usr/include").symlink("share", "/usr/include"))
        .layer(Layer::new("bound-image").symlink("/usr/share/a.image", "/usr/lib/bootc/bound-images.d/a.image"))
        .layer(Layer::new("machine-id").text("", "/etc/machine-id"))
        .layer(Layer::new("bootc-install").text("[install\n", "/usr/lib/bootc/install/10-app.toml"))
        .layer(Layer::new("boot-target").kargs("10-debug", ["systemd.unit=emergency.target"]))
        .layer(Layer::new("kernel-arguments").kargs("20-init", ["init=/usr/bin/no-init"]))
        .layer(Layer::new("fstab").text("LABEL=data /var/data ext4 ro 0 2\n", "/etc/fstab"))
        .layer(Layer::new("world-writable").with(File::text("x\n", "/etc/open.conf").mode(0o666)))
        .layer(Layer::new("dangling-link").symlink("nosuch", "/usr/share/dangling"))
        .layer(Layer::new("top-level").text("x\n", "/data/x"))
        .layer(Layer::new("aib-files").text("x\n", "/etc/build-info"))
        .layer(Layer::new("qm-path").dir("/usr/lib/qm/rootfs/usr/bin").text("x\n", "/usr/lib/qm/rootfs/etc/x"))
        .layer(Layer::new("misplaced-unit").text(QUADLET, "/usr/lib/systemd/system/a.container"))
        .layer(Layer::new("exec-start").unit(Unit::text("empty.service", "[Service]\nNice=1\n")))
        .layer(Layer::new("exec-missing").unit(service("gone", "ExecStart=/usr/bin/gone")))
        .layer(Layer::new("exec-format").with(File::text("x\n", "/usr/bin/note").mode(0o755)).unit(service("note", "ExecStart=/usr/bin/note")))
        .layer(Layer::new("exec-mode").text("x", "/usr/libexec/plain").unit(service("plain", "ExecStart=/usr/libexec/plain")))
        .layer(Layer::new("unit-user").with(program()).unit(service("who", "ExecStart=/usr/bin/program\nUser=who-knows")))
        .layer(Layer::new("unit-directive").unit(service("typo", "ExecStart=program\nNcie=1")))
        .layer(Layer::new("unit-value").unit(service("value", "ExecStart=program\nNice=much")))
        .layer(Layer::new("unit-path").unit(service("path", "ExecStart=program\nWorkingDirectory=/usr/share/gone")))
        .layer(
            Layer::new("unit-access")
                .with(File::text("#!/usr/bin/sh\n", "/usr/libexec/closed").mode(0o700))
                .unit(service("closed", "ExecStart=/usr/libexec/closed\nUser=dbus")),
        )
        .layer(
            Layer::new("ordering-cycle")
                .unit(service("early", "ExecStart=program\n[Unit]\nBefore=sysinit.target\n[Install]\nWantedBy=sysinit.target").enabled()),
        )
        .layer(Layer::new("unread-drop-in").text("[Service]\nNice=1\n", "/etc/systemd/system/path.service/override.conf"))
        .layer(Layer::new("preset").text("disable *\nenable path.service\n", "/usr/lib/systemd/system-preset/50-x.preset"))
        .layer(Layer::new("sudoers-line").with(File::text("bob ALL=ls\n", "/etc/sudoers.d/bob").mode(0o440)))
        .layer(Layer::new("dbus-policy").unit(service("named", "ExecStart=program\nType=dbus\nBusName=org.example.Named")))
        .layer(Layer::new("dbus-service").text(
            "[D-BUS Service]\nName=org.example.Lost\nSystemdService=lost-on-the-bus.service\n",
            "/usr/share/dbus-1/system-services/org.example.Lost.service",
        ))
        .layer(Layer::new("install-target").unit(service("never", "ExecStart=program\n[Install]\nWantedBy=gone.target")))
        .layer(Layer::new("unit-requires").unit(service("needs", "ExecStart=program\n[Unit]\nRequires=absent.service")))
        .layer(Layer::new("wants-link").symlink("../lost.service", "/usr/lib/systemd/system/basic.target.wants/lost.service"))
        .layer(Layer::new("quadlet-generator").text(QUADLET, "/etc/containers/systemd/a.container"))
        .layer(
            Layer::new("state-directory")
                .unit(service("state", "ExecStart=program\nStateDirectory=two"))
                .tmpfiles("two", ["d /var/lib/two 0700"]),
        )
        .layer(Layer::new("privileged-port").unit(service("web", "ExecStart=program --port 80\nUser=dbus")))
        .layer(Layer::new("transient-etc").unit(service("etc", "ExecStart=program\nReadWritePaths=-/etc/etc")))
}

fn service(name: &str, lines: &str) -> Unit {
    Unit::text(format!("{name}.service"), format!("[Service]\n{lines}\n"))
}

fn program() -> File {
    File::text("#!/usr/bin/sh\n", "/usr/bin/program").mode(0o755)
}

/// A fault of each phase but the first: of the tree, of a file, and of a binary.
pub fn of_each_phase() -> Image {
    Image::new("phases", Base::stand_in())
        .layer(Layer::new("var-tmpfiles").text("x\n", "/var/lib/app/x"))
        .layer(Layer::new("secret-in-layer").text(key(), "/etc/device.key"))
        .layer(Layer::new("elf-library").remove("/usr/lib64/libgcc_s.so.1").bin("gatewayd"))
}

/// The same without a binary.
pub fn of_files() -> Image {
    let mut image = of_each_phase();
    image.layers.pop();
    image
}

/// The same with a fault of the description.
pub fn of_all_phases() -> Image {
    of_each_phase().layer(Layer::new("unknown-binary").bin("gatewady"))
}

fn key() -> String {
    let body = "MC4CAQAwBQYDK2VwBCIEIFhpY2tlbmhhdXNlbnVuZHNvd2VpdGVyMTIzNDU2Nzg5";
    format!("-----{} PRIVATE KEY-----\n{body}\n-----{} PRIVATE KEY-----\n", "BEGIN", "END")
}

/// What only the bytes of the layers show.
pub fn staged() -> Image {
    Image::new("staged", Base::stand_in())
        .layer(Layer::new("secret-in-layer").text(key(), "/etc/device.key"))
        .layer(Layer::new("elf-library").remove("/usr/lib64/libgcc_s.so.1").bin("gatewayd"))
}
