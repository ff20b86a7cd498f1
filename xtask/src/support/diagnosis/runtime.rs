//! The phrases of engines and OCI runtimes that start no program: a fault of the machine, or of the program.

use super::Diagnosis;

/// The OCI runtime has started no program.
pub(super) fn not_started(line: &str) -> Option<Diagnosis> {
    no_runtime(line).or_else(|| refused(line))
}

/// podman looks for its runtime first: `default OCI runtime "NAME" not found`,
/// `no valid executable found for OCI runtime NAME`.
fn no_runtime(line: &str) -> Option<Diagnosis> {
    let name = match line.split_once("OCI runtime \"") {
        Some((_, rest)) => rest.split_once("\" not found")?.0,
        None => line.split_once("no valid executable found for OCI runtime ")?.1.split(':').next()?,
    };
    Some(Diagnosis::Runtime { name: name.to_owned() })
}

/// `error running container: from RUNTIME creating container for [ARGV]: WHY`: the runtime prints WHY.
fn refused(line: &str) -> Option<Diagnosis> {
    let (_, rest) = line.split_once("error running container: from ")?;
    let (name, rest) = rest.split_once(" creating container for [")?;
    let (argv, why) = rest.split_once("]: ")?;
    let program = argv.split(' ').next().unwrap_or(argv);
    let is_own = why.contains(&format!("exec: \"{name}\"")) || why.contains(&format!("exec {name}:"));
    // runc quotes the program, crun prints `executable file `…``, or only that it can't be opened.
    let named = why.contains(&format!("exec: \"{program}\"")) || why.contains("executable");
    Some(if is_own || !named {
        Diagnosis::Runtime { name: name.to_owned() }
    } else if why.to_lowercase().contains("permission denied") {
        Diagnosis::NotExecutable { program: program.to_owned() }
    } else {
        Diagnosis::NotInImage { program: program.to_owned() }
    })
}

/// The kernel refuses the program. runc reports it, because it has replaced itself by the program.
pub(super) fn not_executable(line: &str) -> Option<Diagnosis> {
    let (_, rest) = line.split_once("exec ")?;
    let program = rest.strip_suffix(": exec format error")?;
    Some(Diagnosis::NotExecutable { program: program.to_owned() })
}

/// The engine gets no user namespace, or the user has no ids for it. Of a user without ids whom newuidmap refused,
/// the missing ids are the cause.
pub(super) fn permission(line: &str) -> Option<Diagnosis> {
    let no_ids = ["insufficient UIDs", "error setting ownership of"];
    if no_ids.iter().any(|phrase| line.contains(phrase)) && line.contains("lchown") {
        return Some(Diagnosis::NoIds);
    }
    let refused = [
        "cannot clone: ",
        "Error during unshare(",
        "cannot set up namespace",
        "newuidmap: ",
        "newgidmap: ",
        "exec: \"newuidmap\"",
        "exec: \"newgidmap\"",
    ];
    refused.iter().any(|phrase| line.contains(phrase)).then_some(Diagnosis::NotPermitted)
}
