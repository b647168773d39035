//! All clients of a producer: what the next one is made of, and who is alive.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, Weak};

use zeroize::Zeroize as _;

use crate::client::{start_client, start_quarantine_client};
use crate::native::Client;
use crate::sync::lock;
use crate::{CredentialsError, Settings, StartError};

/// Name and password of PLAIN and SCRAM.
const CREDENTIALS: [&str; 2] = ["sasl.username", "sasl.password"];

/// Names and values of librdkafka's properties. Never printed, and wiped when they are dropped.
struct Properties(Vec<(String, String)>);

impl Drop for Properties {
    fn drop(&mut self) {
        self.0.iter_mut().for_each(|(_, value)| value.zeroize());
    }
}

/// What clients are made of. It changes as a whole with a new generation.
pub(crate) struct Fleet {
    roll: Mutex<Roll>,
    generation: AtomicU64,
}

struct Roll {
    properties: Properties,
    /// The clients that were made; those that are gone are struck off when one more comes.
    clients: Vec<Weak<Client>>,
    /// A client of the present generation that has shown that it works, for whoever needs one
    /// first.
    spare: Option<Arc<Client>>,
}

/// A client, and the generation of its properties.
pub(crate) struct Launched {
    pub(crate) client: Arc<Client>,
    pub(crate) generation: u64,
    /// It was made just now.
    pub(crate) is_new: bool,
}

impl Fleet {
    /// Clients of these names and values.
    pub(crate) fn new(properties: Vec<(String, String)>) -> Self {
        let roll = Roll {
            properties: Properties(properties),
            clients: Vec::new(),
            spare: None,
        };
        Self {
            roll: Mutex::new(roll),
            generation: AtomicU64::new(0),
        }
    }

    /// Counts the changes of properties.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// A client that records normally go through.
    pub(crate) fn launch(&self, settings: &Settings) -> Result<Launched, StartError> {
        let mut roll = lock(&self.roll);
        let generation = self.generation();
        if let Some(client) = roll.spare.take() {
            return Ok(Launched {
                client,
                generation,
                is_new: false,
            });
        }
        let client = Arc::new(start_client(settings, &roll.properties.0)?);
        roll.enlist(&client);
        Ok(Launched {
            client,
            generation,
            is_new: true,
        })
    }

    /// The client for records that may have spoilt a batch.
    pub(crate) fn launch_quarantine(&self, settings: &Settings) -> Result<Launched, StartError> {
        let mut roll = lock(&self.roll);
        let client = Arc::new(start_quarantine_client(settings, &roll.properties.0)?);
        roll.enlist(&client);
        Ok(Launched {
            client,
            generation: self.generation(),
            is_new: true,
        })
    }

    /// A client of other properties, which shall show what they are worth.
    pub(crate) fn launch_trial(
        &self,
        settings: &Settings,
        properties: &[(String, String)],
    ) -> Result<Arc<Client>, StartError> {
        let client = Arc::new(start_client(settings, properties)?);
        lock(&self.roll).enlist(&client);
        Ok(client)
    }

    /// From now on clients are made of these properties, and `spare` is the first of them.
    pub(crate) fn renew(&self, properties: Vec<(String, String)>, spare: Arc<Client>) {
        let mut roll = lock(&self.roll);
        roll.properties = Properties(properties);
        roll.spare = Some(spare);
        self.generation.fetch_add(1, Ordering::AcqRel);
    }

    /// Destroys the client that nobody has needed.
    pub(crate) fn scrap_spare(&self) {
        drop(lock(&self.roll).spare.take());
    }

    /// Gives name and password to all clients there are and will be.
    pub(crate) fn set_credentials(
        &self,
        user: &str,
        password: &str,
    ) -> Result<(), CredentialsError> {
        if [user, password].iter().any(|it| it.contains('\0')) {
            return Err(CredentialsError);
        }
        let mut roll = lock(&self.roll);
        let properties = &mut roll.properties.0;
        let is_replaced = |(name, _): &mut (String, String)| CREDENTIALS.contains(&name.as_str());
        drop(Properties(properties.extract_if(.., is_replaced).collect()));
        for (name, value) in CREDENTIALS.iter().zip([user, password]) {
            properties.push(((*name).to_owned(), value.to_owned()));
        }
        for client in roll.clients.iter().filter_map(Weak::upgrade) {
            client
                .set_credentials(user, password)
                .map_err(|_| CredentialsError)?;
        }
        Ok(())
    }

    /// The clients there are.
    pub(crate) fn alive(&self) -> Vec<Arc<Client>> {
        let roll = lock(&self.roll);
        roll.clients.iter().filter_map(Weak::upgrade).collect()
    }
}

impl Roll {
    fn enlist(&mut self, client: &Arc<Client>) {
        self.clients.retain(|client| client.strong_count() > 0);
        self.clients.push(Arc::downgrade(client));
    }
}
