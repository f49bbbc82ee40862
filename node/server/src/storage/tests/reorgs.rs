//! Changes of branches on disk.

use super::*;

/// Makes two branches that part after five blocks.
fn fork(world: &World) -> (Branch, Branch) {
    let mut one = world.genesis();
    world.extend_by(&mut one, 5, 0);
    let mut other = one.clone();
    let created = world.creation(&one, "GONE", 1, 2);
    world.extend(&mut one, 0, vec![created]);
    world.extend_by(&mut one, 4, 0);
    world.extend_by(&mut other, 8, 1);
    (one, other)
}

fn from_scratch(world: &World, branch: &Branch) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let storage = open(directory.path(), world);
    storage.write(&branch.batches(1)).expect("written");
    everything(&storage)
}

#[test]
fn after_a_reorg_everything_is_as_if_the_new_branch_had_been_the_only_one() {
    let world = World::new("one");
    let (one, other) = fork(&world);
    let directory = tempfile::tempdir().expect("a directory");
    let storage = open(directory.path(), &world);
    storage.write(&one.batches(1)).expect("written");
    storage.write(&[one.reorg_to(&other)]).expect("written");
    assert_eq!(everything(&storage), from_scratch(&world, &other));
    verify(&storage, &world.spec, |_, _| {}).expect("in order");
    for abandoned in &one.blocks[5..] {
        let hash = abandoned.block.hash();
        assert_eq!(storage.block(&hash), Some(abandoned.block.to_block()), "still readable");
        assert_eq!(storage.changes(&hash).as_ref(), Some(&*abandoned.changes));
    }
    assert_eq!(storage.snapshot().token(symbol("GONE")).expect("read"), None);
    let records = storage.snapshot().reorgs(None, 10).expect("read");
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].0, records[0].1.depth()), (0, 5));
}

#[test]
fn forth_and_back_in_one_write_comes_to_the_last_branch() {
    let world = World::new("one");
    let (one, other) = fork(&world);
    let directory = tempfile::tempdir().expect("a directory");
    let storage = open(directory.path(), &world);
    let mut batches = one.batches(1);
    batches.extend([one.reorg_to(&other), other.reorg_to(&one)]);
    storage.write(&batches).expect("written");
    assert_eq!(everything(&storage), from_scratch(&world, &one));
    let mut batches = vec![one.reorg_to(&other)];
    let mut longer = other.clone();
    world.extend_by(&mut longer, 3, 0);
    batches.extend(longer.batches((other.tip.height + 1).get()));
    storage.write(&batches).expect("written");
    drop(storage);
    let storage = open(directory.path(), &world);
    assert_eq!(everything(&storage), from_scratch(&world, &longer));
    verify(&storage, &world.spec, |_, _| {}).expect("in order");
}

#[test]
fn only_the_last_reorg_records_are_kept() {
    let world = World::new("one");
    let (one, other) = fork(&world);
    let directory = tempfile::tempdir().expect("a directory");
    let storage = open(directory.path(), &world);
    storage.write(&one.batches(1)).expect("written");
    let there_and_back = [one.reorg_to(&other), other.reorg_to(&one)];
    let many: Vec<_> = there_and_back.iter().cycle().take(100).cloned().collect();
    for _ in 0..11 {
        storage.write(&many).expect("written");
    }
    let stored = storage.snapshot();
    let all = stored.reorgs(None, usize::MAX).expect("read");
    assert_eq!(all.len(), REORGS_KEPT);
    assert_eq!((all[0].0, all[REORGS_KEPT - 1].0), (1099, 100));
    let page = stored.reorgs(Some(500), 2).expect("read");
    assert_eq!(page.iter().map(|(number, _)| *number).collect::<Vec<_>>(), [499, 498]);
}
