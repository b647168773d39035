//! The files that a configuration names: schemas, key stores, secrets.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

#[cfg(test)]
pub(crate) mod held;

/// Bytes of the largest file read: thousands of times what a schema or a key store has.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// Why no file can be read where a configuration is text alone; part of the message of each fault that
/// comes of it.
pub(crate) const OUT_OF_REACH: &str = "files are out of reach here";

/// Where the files lie that a configuration names.
///
/// The configuration is checked by programs that see these files, and by others that do not.
pub trait Files {
    /// The file that the text `path` of the configuration means.
    fn locate(&self, path: &str) -> PathBuf;

    /// The content of the file that the text `path` of the configuration means.
    ///
    /// # Errors
    /// When it cannot be read, or has more than [`FILE_BYTES_MAX`] bytes.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;

    /// Whether the text `path` of the configuration means a folder.
    fn is_folder(&self, _path: &str) -> bool {
        false
    }

    /// Whether files can be read at all. Where they cannot, what they hold is not checked.
    fn are_in_reach(&self) -> bool {
        true
    }
}

/// The files of this system. Relative paths are relative to the folder of the configuration file
/// (1.1 of the behaviour notes).
#[derive(Clone, Debug)]
pub struct FilesBeside {
    folder: PathBuf,
}

impl FilesBeside {
    /// The files that the configuration file at `path` names.
    pub fn new(path: &Path) -> Self {
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        Self {
            folder: folder.to_owned(),
        }
    }
}

impl Files for FilesBeside {
    fn locate(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        read(&self.locate(path))
    }

    fn is_folder(&self, path: &str) -> bool {
        self.locate(path).is_dir()
    }
}

/// No files at all, for a configuration that is text alone.
#[derive(Clone, Copy, Debug)]
pub struct NoFiles;

impl Files for NoFiles {
    fn locate(&self, path: &str) -> PathBuf {
        path.into()
    }

    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, OUT_OF_REACH))
    }

    fn are_in_reach(&self) -> bool {
        false
    }
}

/// Files, each of which is read once, and kept in mind.
pub(crate) struct Noted<'f> {
    files: &'f dyn Files,
    /// What each file holds by the path that the configuration has, or why it cannot be read.
    seen: RefCell<BTreeMap<String, Content>>,
}

type Content = Result<Zeroizing<Vec<u8>>, (io::ErrorKind, String)>;

impl<'f> Noted<'f> {
    pub(crate) fn new(files: &'f dyn Files) -> Self {
        Self {
            files,
            seen: RefCell::default(),
        }
    }

    /// The files that were asked for, whether they are there or not.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let seen = self.seen.borrow();
        seen.keys().map(|path| self.files.locate(path)).collect()
    }
}

impl Files for Noted<'_> {
    fn locate(&self, path: &str) -> PathBuf {
        self.files.locate(path)
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let mut seen = self.seen.borrow_mut();
        let content = seen.entry(path.to_owned()).or_insert_with(|| {
            let content = self.files.read(path).map(Zeroizing::new);
            content.map_err(|error| (error.kind(), error.to_string()))
        });
        match content {
            Ok(bytes) => Ok(bytes.to_vec()),
            Err((kind, reason)) => Err(io::Error::new(*kind, reason.clone())),
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        self.files.is_folder(path)
    }

    fn are_in_reach(&self) -> bool {
        self.files.are_in_reach()
    }
}

/// Reads a file of at most [`FILE_BYTES_MAX`] bytes.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        let reason = format!("it has more than {FILE_BYTES_MAX} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{env, fs, process};

    #[test]
    fn files_lie_beside_the_configuration_unless_their_paths_begin_at_the_root() {
        let files = FilesBeside::new(Path::new("/etc/connector/file.yml"));
        assert_eq!(
            files.locate("tls/ca.jks"),
            Path::new("/etc/connector/tls/ca.jks")
        );
        assert_eq!(files.locate("/ssl/ca.jks"), Path::new("/ssl/ca.jks"));
        let files = FilesBeside::new(Path::new("file.yml"));
        assert_eq!(files.locate("ca.jks"), Path::new("ca.jks"));
    }

    #[test]
    fn a_file_beyond_the_bound_is_refused() {
        let path = env::temp_dir().join(format!("aeroduct-files-{}", process::id()));
        let size = usize::try_from(FILE_BYTES_MAX).unwrap();
        fs::write(&path, vec![b'x'; size]).unwrap();
        assert_eq!(read(&path).unwrap().len(), size);
        fs::write(&path, vec![b'x'; size + 1]).unwrap();
        let error = read(&path).unwrap_err();
        fs::remove_file(&path).unwrap();
        assert_eq!(error.to_string(), "it has more than 1048576 bytes");
    }
}
