//! The arguments of QEMU for a machine. It has a kernel with its initramfs, the disk, a second disk for the
//! record of the run, a serial console, and no network.

use camino::Utf8Path;
use lapstrake::value::Architecture;

use super::kvm::{KVM, TCG};
use super::option::escaped;

/// Processors that a machine has at most.
const PROCESSORS: usize = 4;

/// A machine.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    pub(super) architecture: Architecture,
    pub(super) accelerator: &'static str,
    /// In MiB.
    pub(super) memory: u32,
    pub(super) kernel: &'a Utf8Path,
    pub(super) initramfs: &'a Utf8Path,
    /// Of the kernel, as the image has them.
    pub(super) arguments: &'a [String],
    pub(super) disk: &'a Utf8Path,
    pub(super) record: &'a Utf8Path,
    pub(super) serial_log: &'a Utf8Path,
}

impl Machine<'_> {
    /// The arguments of QEMU, on a host with so many processors.
    pub(super) fn arguments(&self, processors: usize) -> Vec<String> {
        let (machine, cpu) = match (self.architecture, self.accelerator) {
            (Architecture::Amd64, KVM) => ("q35", "host"),
            (Architecture::Amd64, _) => ("q35", "max"),
            (Architecture::Arm64, _) => ("virt", "max"),
        };
        let accelerator =
            if self.accelerator == TCG { "tcg,thread=multi" } else { self.accelerator }.to_owned();
        let disk = |id: &str, path: &Utf8Path| {
            [
                "-drive".to_owned(),
                // Neither disk outlives the machine.
                format!("if=none,id={id},format=raw,cache=unsafe,file={}", escaped(path)),
                "-device".to_owned(),
                format!("virtio-blk-pci,drive={id}"),
            ]
        };
        let fixed = ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-nic", "none"];
        let mut out: Vec<String> = fixed.map(str::to_owned).into();
        let mut option = |name: &str, value: String| out.extend([name.to_owned(), value]);
        option("-machine", machine.to_owned());
        option("-accel", accelerator);
        option("-cpu", cpu.to_owned());
        option("-smp", processors.clamp(1, PROCESSORS).to_string());
        option("-m", self.memory.to_string());
        option("-chardev", format!("file,id=console,path={}", escaped(self.serial_log)));
        option("-serial", "chardev:console".to_owned());
        option("-device", "virtio-rng-pci".to_owned());
        option("-kernel", self.kernel.to_string());
        option("-initrd", self.initramfs.to_string());
        option("-append", self.kernel_arguments());
        out.extend(disk("root", self.disk));
        out.extend(disk("record", self.record));
        out
    }

    /// The image's own arguments come after what the disk needs, and before what no deployment has.
    fn kernel_arguments(&self) -> String {
        let console = match self.architecture {
            Architecture::Amd64 => "console=ttyS0",
            Architecture::Arm64 => "console=ttyAMA0",
        };
        let first = ["root=/dev/vda", "rw", console].map(str::to_owned);
        // SELinux's labels are given where the image is installed, and this disk has none. A first boot
        // must ask nobody anything. A panic ends the machine.
        let last = ["selinux=0", "systemd.firstboot=no", "panic=-1"].map(str::to_owned);
        [&first[..], self.arguments, &last].concat().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(architecture: Architecture, accelerator: &'static str) -> Machine<'static> {
        Machine {
            architecture,
            accelerator,
            memory: 1024,
            kernel: "/w/vmlinuz".into(),
            initramfs: "/w/initramfs.img".into(),
            arguments: &[],
            disk: "/w/a,b/disk.img".into(),
            record: "/w/record.img".into(),
            serial_log: "/w/serial.log".into(),
        }
    }

    fn value<'a>(arguments: &'a [String], option: &str) -> &'a str {
        let at = arguments.iter().position(|argument| argument == option).unwrap();
        &arguments[at + 1]
    }

    #[test]
    fn each_architecture_has_its_machine_and_its_console() {
        for (architecture, board, console) in
            [(Architecture::Amd64, "q35", "console=ttyS0"), (Architecture::Arm64, "virt", "console=ttyAMA0")]
        {
            let arguments = machine(architecture, TCG).arguments(2);
            assert_eq!(value(&arguments, "-machine"), board);
            assert!(value(&arguments, "-append").starts_with(&format!("root=/dev/vda rw {console} ")));
            assert_eq!((value(&arguments, "-accel"), value(&arguments, "-cpu")), ("tcg,thread=multi", "max"));
        }
        let arguments = machine(Architecture::Amd64, KVM).arguments(64);
        assert_eq!((value(&arguments, "-accel"), value(&arguments, "-cpu")), ("kvm", "host"));
        assert_eq!(value(&arguments, "-smp"), "4");
    }

    #[test]
    fn the_image_s_own_arguments_are_taken() {
        let own = ["quiet".to_owned(), "mem_encrypt=off".to_owned()];
        let arguments = Machine { arguments: &own, ..machine(Architecture::Amd64, TCG) }.arguments(2);
        assert!(value(&arguments, "-append").contains(" quiet mem_encrypt=off "), "{arguments:?}");
    }

    #[test]
    fn a_comma_in_a_path_ends_no_option() {
        let arguments = machine(Architecture::Amd64, TCG).arguments(2);
        assert!(arguments.iter().any(|argument| argument.ends_with("file=/w/a,,b/disk.img")));
    }

    #[test]
    fn the_first_disk_is_the_root() {
        let arguments = machine(Architecture::Amd64, TCG).arguments(2);
        let at = |device: &str| arguments.iter().position(|argument| argument == device).unwrap();
        assert!(at("virtio-blk-pci,drive=root") < at("virtio-blk-pci,drive=record"));
    }
}
