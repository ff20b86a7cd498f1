//! The example `gateway` as a team has it: it is built by this crate and by podman, an edit of the program starts no
//! package manager, and each of its services answers on a machine.

use std::process::Command;

use crate::example::Example;
use crate::fixtures;
use crate::stored::Stored;
use crate::tree::assert_same;
use crate::{engines, layers};

#[test]
fn a_product_of_packages_users_firewall_timer_and_program() {
    let Some(fixtures) = fixtures::made() else { return };
    let example = Example::copy_of("examples/gateway", &fixtures);
    let (image, _) = example.build("gateway");
    let names: Vec<_> = layers(&image).into_iter().map(|(name, origin, _)| (name, origin)).collect();
    assert_eq!(names, [("platform", "engine"), ("operations", "native"), ("app", "native")]);
    podman_makes_the_same(&example);
    example.edit("gateway-web/src/main.rs", "readings: {count}", "readings so far: {count}");
    let (edited, stderr) = example.build("gateway");
    let reused: Vec<_> = layers(&edited).into_iter().map(|(name, _, reused)| (name, reused)).collect();
    assert_eq!(reused, [("platform", true), ("operations", true), ("app", false)]);
    assert_eq!(engines(&stderr), (0, 1), "{stderr}");
    each_service_answers(&example);
}

fn podman_makes_the_same(example: &Example) {
    let context = example.beside.join("context");
    let (code, _, stderr) = example.image(&["emit", "gateway", "-o", context.to_str().unwrap()]);
    assert_eq!(code, 0, "{stderr}");
    let [own, podman] = ["product", "product-podman"].map(Stored::named);
    example.take("gateway", &own);
    let build = ["build", "-q", "--no-cache", "-t", podman.name(), "."];
    example.log.read(Command::new("podman").args(build).current_dir(context));
    let text = |path: &str| own.text(path, &example.log);
    assert!(text("etc/telemetry-db/telemetry-db.conf").contains("\nretention_readings = 1000\n"));
    assert!(text("etc/firewalld/zones/public.xml").contains("<port port=\"8080\" protocol=\"tcp\"/>"));
    assert_same(&own.tree(&example.log), &podman.tree(&example.log), "hybrid (left), podman (right)");
    let packages = own.packages(&example.log);
    assert!(packages.contains(&"telemetry-db-3.2.1-1.noarch".to_owned()), "{packages:?}");
    assert_eq!(packages, podman.packages(&example.log));
}

fn each_service_answers(example: &Example) {
    let ask =
        "import urllib.request as r; print(r.urlopen('http://127.0.0.1:8080/').read().decode().strip())";
    let script = format!(
        "systemctl start gateway-sample && systemctl is-active telemetry-db gateway-web gateway-sample.timer && \
         python3 -c \"{ask}\" && hostname && id -nG gateway && stat -c '%U %a' /var/home/workshop/.ssh/authorized_keys"
    );
    let (code, stdout, stderr) = example.image(&["boot", "gateway", "--execute", "sh", "-c", &script]);
    assert_eq!(code, 0, "{stdout}\n{stderr}");
    let lines: Vec<_> = stdout.lines().collect();
    let [database, web, timer, page, host, groups, keys] = lines[..] else { panic!("{stdout}\n{stderr}") };
    assert_eq!([database, web, timer], ["active"; 3]);
    assert!(page.starts_with("readings so far: ") && page.ends_with(" of 1000"), "{page}");
    assert!(!page.contains(" 0 of"), "a reading was taken: {page}");
    assert_eq!((host, groups, keys), ("gateway", "gateway telemetry-db", "workshop 600"));
}
