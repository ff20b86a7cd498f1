//! The crate as its users, podman, skopeo, umoci and ostree see it. What a machine reads is compared
//! with what an independent tool makes of it, never with our own reader.

mod accounts;
mod archives;
mod base_config;
mod certificates;
mod copied;
mod corpus;
mod damage;
mod described;
mod embedded;
mod enablement;
pub(crate) mod engine;
mod equivalence;
mod execution;
mod fetched;
mod hostile;
mod hybrid;
mod kernel;
mod kmods;
mod memory;
pub(crate) mod merged_tree;
mod other_image;
mod packages;
mod planning;
mod platform;
mod quadlets;
mod readers;
mod repeatable;
mod selinux;
mod speed;
mod stage;
mod step;
mod tar_profile;
mod templates;
mod variants;
pub(crate) mod workshop;
mod zones;
