//! Findings about a stored chain, from opening a copy of it as a start would.

use std::path::Path;

use coinage_model::terminal::typed;
use coinage_protocol::ChainSpec;
use coinage_server::storage::{Storage, StorageError, Trial};
use serde_json::json;

use super::data;
use super::finding::{DATA_CUT, DATA_HELD, DATA_UNUSABLE, Finding};

pub(super) fn examine(directory: &Path, spec: &ChainSpec) -> Option<Finding> {
    match Storage::trial(directory, spec) {
        Ok(trial) => trial.filter(|trial| trial.cut.bytes > 0).map(|trial| cut(directory, &trial)),
        Err(error) => Some(refused(directory, &error)),
    }
}

fn cut(directory: &Path, trial: &Trial) -> Finding {
    let (shown, bytes, height) = (directory.display(), trial.cut.bytes, trial.head.height);
    let what = format!(
        "the last {bytes} bytes of what {shown} holds make no sense: a write was cut short, or the \
         disk is damaged; a start goes on from block {height}"
    );
    let mend = "start the node: it fetches from the others what is missing. If no other node has \
                those blocks, put a copy of the directory back first. The keys stay as they are";
    Finding::new(DATA_CUT, what, mend)
        .seen(json!({ "bytes": bytes.to_string(), "height": height.to_string() }))
}

fn refused(directory: &Path, error: &StorageError) -> Finding {
    let again = format!("`coinage doctor --data {}`", typed(directory));
    let mend = match error {
        StorageError::InUse { .. } => {
            let mend = format!("stop that process, or wait for its end; then {again}");
            return Finding::new(DATA_HELD, error.to_string(), mend);
        }
        StorageError::NewerFormat { .. } => "use the newer version of this program".to_owned(),
        StorageError::Full { .. } | StorageError::NotWritable { .. } | StorageError::Io { .. } => {
            format!("nothing need be deleted but what is not the node's; then {again}")
        }
        StorageError::NoTrial { .. } => format!("{again} with TMPDIR set; nothing need be deleted"),
        _ => return data::damaged(directory, error),
    };
    Finding::new(DATA_UNUSABLE, error.to_string(), mend)
}
