use lapstrake_xtask::prelude::*;

/// One fault in each layer, which has its name.
pub fn planted() -> Image {
    let kernel = "/usr/lib/modules/9.9/vmlinuz";
    Image::new("planted", Base::stand_in())
        .layer(Layer::new("api-base-directories").remove("/sys"))
        .layer(Layer::new("baseimage-root").remove("/ostree"))
        .layer(Layer::new("baseimage-composefs").text("[x]\n", "/usr/lib/ostree/prepare-root.conf"))
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
        .layer(Layer::new("etc-merge").remove("/usr/include").symlink("/usr/include", "share/include"))
        .layer(Layer::new("bound-image").symlink("/usr/lib/bootc/bound-images.d/a.image", "/usr/share/a.image"))
        .layer(Layer::new("machine-id").text("", "/etc/machine-id"))
        .layer(Layer::new("top-level").text("x\n", "/data/x"))
        .layer(Layer::new("aib-files").text("x\n", "/etc/build-info"))
        .layer(Layer::new("qm-path").text("x\n", "/usr/lib/qm/rootfs/etc/x"))
}
