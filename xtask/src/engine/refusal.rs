//! What an engine says where the OCI runtime has started no program: its own fault, or the program's.

/// Why no program was started.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Runtime { name: String },
    Missing { program: String },
    NotExecutable { program: String },
}

/// What one line says of it.
pub(super) fn refused(line: &str) -> Option<Refused> {
    absent(line).or_else(|| of_container(line))
}

/// podman looks for its runtime before it does anything: `default OCI runtime "NAME" not found`,
/// `no valid executable found for OCI runtime NAME`.
fn absent(line: &str) -> Option<Refused> {
    let name = match line.split_once("OCI runtime \"") {
        Some((_, rest)) => rest.split_once("\" not found")?.0,
        None => line.split_once("no valid executable found for OCI runtime ")?.1.split(':').next()?,
    };
    Some(Refused::Runtime { name: name.to_owned() })
}

/// `error running container: from RUNTIME creating container for [ARGV]: WHY`: WHY is the runtime's.
fn of_container(line: &str) -> Option<Refused> {
    let (_, rest) = line.split_once("error running container: from ")?;
    let (name, rest) = rest.split_once(" creating container for [")?;
    let (argv, why) = rest.split_once("]: ")?;
    let program = argv.split(' ').next().unwrap_or(argv);
    let is_own = why.contains(&format!("exec: \"{name}\"")) || why.contains(&format!("exec {name}:"));
    // runc quotes the program, crun has `executable file `…``, or says nothing but that it can't open it.
    let named = why.contains(&format!("exec: \"{program}\"")) || why.contains("executable");
    Some(if is_own || !named {
        Refused::Runtime { name: name.to_owned() }
    } else if why.to_lowercase().contains("permission denied") {
        Refused::NotExecutable { program: program.to_owned() }
    } else {
        Refused::Missing { program: program.to_owned() }
    })
}
