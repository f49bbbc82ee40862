//! The command `coinage authority`: who may sign blocks, and changes of that by a quorum of them.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use coinage_files as files;
use coinage_keys::AuthorityKey;
use coinage_model::authority::{
    AuthoritiesJson, AuthorityChangeJson, ChangeStage, ChangeStateJson, StepJson,
};
use coinage_model::shape;
use coinage_model::terminal::typed;
use coinage_protocol::{AuthorityChange, AuthoritySet, AuthorityStep, Bounded, PublicKey, quorum};
use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;

use super::password;
use super::printer::{Output, facts, table};

/// Bytes of a file at most; more than any has.
const FILE_BYTES_MAX: u64 = 64 * 1024;
/// Rights of a file: it holds no secret.
const MODE: u32 = 0o644;

/// What to do with the authorities.
#[derive(Debug, Subcommand)]
pub(crate) enum AuthorityCommand {
    /// List who may sign blocks, and a change of that on its way
    #[command(after_help = "Example:\n  coinage authority list")]
    List,
    /// Write a file that proposes to add or remove one authority
    #[command(after_help = "Example:\n  \
                coinage authority propose --add KEY --out change.json\n\n\
                More than two thirds of the authorities sign the file, one after the other, with\n\
                `coinage authority sign`. A new one starts its node first, with its key and\n\
                --join-authorities: that node signs last.")]
    Propose(ProposeArguments),
    /// Sign a proposed change with the key of an authority
    #[command(after_help = "Example:\n  coinage authority sign change.json --key authority.json")]
    Sign(SignArguments),
    /// Hand a change in that enough authorities have signed
    #[command(after_help = "Example:\n  coinage authority submit change.json")]
    Submit(SubmitArguments),
}

/// What to propose.
#[derive(Args, Debug)]
pub(crate) struct ProposeArguments {
    #[command(flatten)]
    step: StepArguments,
    /// A new file for the proposal
    #[arg(long, visible_alias = "file", value_name = "FILE")]
    out: PathBuf,
}

/// Who joins or leaves.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct StepArguments {
    /// Public key of the new authority, as `coinage node new-authority-key` shows it
    #[arg(long, value_name = "KEY")]
    add: Option<PublicKey>,
    /// Public key of the authority that leaves
    #[arg(long, value_name = "KEY")]
    remove: Option<PublicKey>,
}

/// What to sign with what.
#[derive(Args, Debug)]
pub(crate) struct SignArguments {
    /// The file of the change; the signature is added to it
    file: PathBuf,
    /// The file of the authority's key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

/// What to hand in.
#[derive(Args, Debug)]
pub(crate) struct SubmitArguments {
    /// The file of the change
    file: PathBuf,
}

pub(crate) fn run(command: &AuthorityCommand, context: &Context) -> Result<Output, Failure> {
    match command {
        AuthorityCommand::List => list(context),
        AuthorityCommand::Propose(arguments) => propose(arguments, context),
        AuthorityCommand::Sign(arguments) => sign(arguments, context),
        AuthorityCommand::Submit(arguments) => submit(arguments, context),
    }
}

fn list(context: &Context) -> Result<Output, Failure> {
    let known = ask(context)?;
    let rows = known.authorities.iter().map(|one| {
        let own = if one.is_self { "this node" } else { "" };
        [one.index.to_string(), one.key.to_string(), own.to_owned()]
    });
    let mut text = table(["turn", "key", ""], rows);
    let change = known.change.as_ref().map_or_else(|| "none".to_owned(), on_its_way);
    let needed = format!("{} of {} must sign", known.quorum, known.authorities.len());
    text.push_str(&facts([("a change", needed), ("on its way", change)]));
    Ok(Output::new(&known, text))
}

/// Describes a change that is on its way.
fn on_its_way(ChangeStateJson { step, state }: &ChangeStateJson) -> String {
    let waits = match state {
        ChangeStage::WaitsForNewcomer => {
            "approved; the node with the new key has still to sign: start it with \
             --authority-key FILE --join-authorities, and let it follow the chain"
        }
        ChangeStage::WaitsForBlock => "approved; it waits for a block",
        ChangeStage::Pending => "in a block; in force once that is final",
    };
    format!("{}: {waits}", words(step))
}

fn words(step: &StepJson) -> String {
    match step {
        StepJson::Add { key } => format!("add {key}"),
        StepJson::Remove { key } => format!("remove {key}"),
    }
}

fn propose(arguments: &ProposeArguments, context: &Context) -> Result<Output, Failure> {
    let known = ask(context)?;
    let step = match (arguments.step.add, arguments.step.remove) {
        (Some(key), _) => AuthorityStep::Add { key },
        (None, Some(key)) => AuthorityStep::Remove { key },
        (None, None) => return Err(Failure::usage("say whom to --add or to --remove")),
    };
    let set = set_of(&known)?;
    set.after(&step).map_err(|error| Failure::new("authorities.bad_change", error))?;
    if let Some(change) = &known.change {
        let sentence = format!("another change is on its way: {}", on_its_way(change));
        return Err(Failure::new("authorities.change_under_way", sentence)
            .hint("wait until it is in force, then propose again"));
    }
    let change = AuthorityChange::proposed(&set, known.changed, step);
    let json = AuthorityChangeJson::new(&change, known.chain_id);
    let bytes = written(&json);
    let out = &arguments.out;
    files::create_atomically(out, &bytes, MODE).map_err(|error| Failure::unwritten(out, &error))?;
    let (program, shown) = (context.globals.program(), typed(out));
    let text = format!(
        "proposed: {}\n{} of {} authorities sign it: `{program} authority sign {shown} --key FILE`",
        words(&json.step),
        known.quorum,
        set.len(),
    );
    Ok(Output::new(data(&json, &set), text))
}

fn sign(arguments: &SignArguments, context: &Context) -> Result<Output, Failure> {
    let file = &arguments.file;
    let (json, change) = read(file)?;
    let known = ask(context)?;
    let set = current(&json, &known)?;
    let key = AuthorityKey::secret_in(&arguments.key)?;
    let chain = &known.chain_id;
    if change.step == (AuthorityStep::Add { key: key.public() }) {
        let sentence =
            "the new authority does not sign here: its node does, once it follows the chain";
        return Err(Failure::new("authorities.newcomer", sentence).hint(
            "start its node with --authority-key FILE --join-authorities, and submit the change",
        ));
    }
    let question = format!("{}, of {} authorities now", words(&json.step), set.len());
    context.printer.note(&question);
    if !arguments.yes && password::can_ask(context) {
        password::confirm(context, "Sign this change of who may sign blocks?")?;
    }
    let signed = change.approved_by(&set, chain, &key).ok_or_else(|| {
        let sentence = format!("{} is no authority of this network", key.public());
        Failure::new("authorities.not_an_authority", sentence)
            .hint("see `coinage authority list`, and give the key file of one of them")
    })?;
    // As many as it takes, and no more: an approval has exactly a quorum.
    let needed = quorum(set.len());
    let enough = signed.signatures.len() > needed;
    let json = AuthorityChangeJson::new(&signed, *chain);
    let (program, shown) = (context.globals.program(), typed(file));
    if enough {
        let text = format!("{needed} have signed already: `{program} authority submit {shown}`");
        return Ok(Output::new(data(&json, &set), text));
    }
    files::write_atomically(file, &written(&json), MODE)
        .map_err(|error| Failure::unwritten(file, &error))?;
    let missing = needed.saturating_sub(json.signatures.len());
    let text = match missing {
        0 => format!("signed; complete: `{program} authority submit {shown}` sends it"),
        more => format!("signed; {more} more must sign: pass {shown} on"),
    };
    Ok(Output::new(data(&json, &set), text))
}

fn submit(arguments: &SubmitArguments, context: &Context) -> Result<Output, Failure> {
    let (json, _) = read(&arguments.file)?;
    let set = current(&json, &ask(context)?)?;
    let (needed, have) = (quorum(set.len()), json.signatures.len());
    if have < needed {
        let sentence = format!("{have} of {} have signed, {needed} must", set.len());
        let shown = typed(&arguments.file);
        return Err(Failure::new("authorities.bad_change", sentence)
            .hint(format!("the others sign with `coinage authority sign {shown} --key FILE`")));
    }
    let known: AuthoritiesJson = context.client.post("/v1/authorities/change", &[], &json)?;
    let state = known.change.as_ref().map(on_its_way);
    let text = state.unwrap_or_else(|| format!("{}: on its way", words(&json.step)));
    Ok(Output::new(&known, format!("{text}\n`coinage authority list` shows how it goes")))
}

fn ask(context: &Context) -> Result<AuthoritiesJson, Failure> {
    Ok(context.client.get("/v1/authorities", &[])?)
}

fn set_of(known: &AuthoritiesJson) -> Result<AuthoritySet, Failure> {
    let keys = Bounded::first_of(known.authorities.iter().map(|one| one.key));
    let set = AuthoritySet::new(keys).filter(|set| set.hash() == known.hash);
    set.ok_or_else(|| Failure::new("node.bad_answer", "the node names no authorities"))
}

/// The authorities, if a change is of them and follows the last one.
fn current(json: &AuthorityChangeJson, known: &AuthoritiesJson) -> Result<AuthoritySet, Failure> {
    if json.chain_id != known.chain_id {
        let sentence =
            format!("it is for the chain {}, the node is of {}", json.chain_id, known.chain_id);
        return Err(Failure::new("authorities.bad_change", sentence));
    }
    if json.authorities != known.hash || json.follows != known.changed {
        let sentence = "the authorities have changed since it was proposed";
        return Err(Failure::new("authorities.outdated", sentence)
            .hint("propose it again with `coinage authority propose`"));
    }
    let set = set_of(known)?;
    let step = AuthorityStep::from(json.step);
    set.after(&step).map_err(|error| Failure::new("authorities.bad_change", error))?;
    Ok(set)
}

fn read(path: &Path) -> Result<(AuthorityChangeJson, AuthorityChange), Failure> {
    let refused = |cause: String| {
        let sentence = format!("cannot read a change from {}: {cause}", path.display());
        Failure::new("usage.change_file", sentence)
    };
    let bytes =
        files::read_given(path, FILE_BYTES_MAX).map_err(|error| refused(error.to_string()))?;
    let bytes = files::without_byte_order_mark(&bytes);
    let json: AuthorityChangeJson =
        shape::read(bytes).map_err(|error| refused(shape::describe(&error)))?;
    let change = AuthorityChange::from(&json);
    Ok((json, change))
}

fn written(json: &AuthorityChangeJson) -> Vec<u8> {
    let mut bytes = serde_json::to_vec_pretty(json).expect("strings and numbers can be written");
    bytes.push(b'\n');
    bytes
}

fn data(json: &AuthorityChangeJson, set: &AuthoritySet) -> Value {
    json!({
        "change": json, "signed": json.signatures.len(), "needed": quorum(set.len()),
        "complete": json.signatures.len() >= quorum(set.len()),
    })
}
