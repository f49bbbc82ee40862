//! A person at a terminal: a program that has a terminal of its own, and somebody who types.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use crate::program::eventually;

/// A program in a terminal. Killed when it is dropped.
#[derive(Debug)]
pub struct Terminal {
    keyboard: File,
    screen: File,
    child: Child,
    said: Arc<Mutex<String>>,
}

impl Terminal {
    /// Starts a command with a terminal of its own, as a shell does.
    ///
    /// # Panics
    ///
    /// If the system has no terminals.
    pub fn start(command: &Command) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&master).expect("granted");
        unlockpt(&master).expect("unlocked");
        let name = ptsname(&master, Vec::new()).expect("a name");
        let name = Path::new(std::ffi::OsStr::from_bytes(name.as_bytes())).to_owned();
        let flags = OFlags::NOCTTY.bits().cast_signed();
        let screen = OpenOptions::new().read(true).write(true).custom_flags(flags).open(name);
        let screen = screen.expect("opened");
        // Nobody but a process that leads a session can have a terminal.
        let mut shell = Command::new("setsid");
        shell.arg("--ctty").arg(command.get_program()).args(command.get_args());
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => shell.env(name, value),
                None => shell.env_remove(name),
            };
        }
        shell.current_dir(command.get_current_dir().unwrap_or_else(|| Path::new(".")));
        let end = || screen.try_clone().expect("a handle");
        let child = shell.stdin(end()).stdout(end()).stderr(end()).spawn().expect("it runs");
        let keyboard = File::from(master);
        let said = Arc::new(Mutex::new(String::new()));
        let (mut from, heard) = (keyboard.try_clone().expect("a handle"), Arc::clone(&said));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = from.read(&mut bytes) {
                let text = String::from_utf8_lossy(bytes.get(..read).unwrap_or_default());
                heard.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            }
        });
        Self { keyboard, screen, child, said }
    }

    /// The process id of the program.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that stood on the screen so far.
    pub fn said(&self) -> String {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until some words stand on the screen so many times.
    ///
    /// # Panics
    ///
    /// If they never do.
    pub fn wait_for(&self, words: &str, times: usize) {
        eventually(&format!("{words:?} in {}", self.said()), || {
            self.said().matches(words).count() >= times
        });
    }

    /// Presses keys.
    ///
    /// # Panics
    ///
    /// If the terminal is gone.
    pub fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("pressed");
    }

    /// Checks whether the terminal shows what is typed.
    ///
    /// # Panics
    ///
    /// If the terminal is gone.
    pub fn shows_typing(&self) -> bool {
        let modes = tcgetattr(&self.screen).expect("its modes").local_modes;
        modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG)
    }

    /// Waits until the program has ended, and gives its exit code; -1 if a signal ended it.
    ///
    /// # Panics
    ///
    /// If it does not end in time.
    pub fn wait(&mut self) -> i32 {
        let mut code = None;
        eventually("it ends", || {
            let ended = self.child.try_wait().expect("a child");
            code = ended.map(|status| status.code().unwrap_or(-1));
            code.is_some()
        });
        code.unwrap_or(-1)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Errors mean that it is gone already.
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
