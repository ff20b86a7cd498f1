//! What the gateway answers: a line of what each layer below it has brought, and how often it was asked.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The system that it runs on.
#[derive(Debug)]
pub struct System {
    root: PathBuf,
}

/// Of a package: which generation of the stack is installed.
const GENERATION: &str = "usr/share/rig/which";
/// Of a run step: the routes, one a line.
const ROUTES: &str = "usr/share/gateway/routes";

impl System {
    pub fn under(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// The line, and one more in the counter.
    pub fn answer(&self, state: &Path) -> io::Result<String> {
        let generation = fs::read_to_string(self.root.join(GENERATION))?;
        let routes = fs::read_to_string(self.root.join(ROUTES))?;
        let counter = state.join("asked");
        // The first time there is none.
        let asked = fs::read_to_string(&counter).unwrap_or_default().trim().parse().unwrap_or(0_u64) + 1;
        fs::write(&counter, format!("{asked}\n"))?;
        let (generation, routes) = (generation.trim(), routes.lines().count());
        Ok(format!("gateway: generation {generation}, {routes} routes, asked {asked}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_of_the_system_and_is_counted() {
        let root = std::env::temp_dir().join(format!("gatewayd-{}", std::process::id()));
        for (path, text) in [(GENERATION, "new\n"), (ROUTES, "can0 eth0\ncan1 eth0\n")] {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let answers = [(); 2].map(|()| System::under(&root).answer(&root).unwrap());
        fs::remove_dir_all(&root).unwrap();
        assert_eq!(answers[0], "gateway: generation new, 2 routes, asked 1");
        assert_eq!(answers[1], "gateway: generation new, 2 routes, asked 2");
    }
}
