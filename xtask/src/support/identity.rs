//! Finds what was made from a shared value by the identity of that value, which costs the same for a value of any size.

use std::collections::HashMap;
use std::sync::Arc;

/// Values that were made from shared keys. It keeps the keys, so that no other key gets the address of one.
#[derive(Debug)]
pub(crate) struct ByIdentity<K, V>(HashMap<usize, (Arc<K>, V)>);

impl<K, V> Default for ByIdentity<K, V> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K, V> ByIdentity<K, V> {
    /// Returns what was made from this very key.
    pub(crate) fn get(&self, key: &Arc<K>) -> Option<&V> {
        self.0.get(&Arc::as_ptr(key).addr()).map(|(_, value)| value)
    }

    /// Keeps what was made from a key, in place of an earlier value.
    pub(crate) fn insert(&mut self, key: &Arc<K>, value: V) {
        self.0.insert(Arc::as_ptr(key).addr(), (Arc::clone(key), value));
    }

    /// Forgets all keys and values.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::ByIdentity;

    #[test]
    fn an_equal_key_is_another_key() {
        let (one, equal) = (Arc::new(1), Arc::new(1));
        let mut made = ByIdentity::default();
        made.insert(&one, "first");
        assert_eq!(
            (made.get(&one), made.get(&Arc::clone(&one)), made.get(&equal)),
            (Some(&"first"), Some(&"first"), None)
        );
        made.insert(&one, "second");
        assert_eq!(made.get(&one), Some(&"second"));
        made.clear();
        assert_eq!(made.get(&one), None);
    }

    #[test]
    fn an_address_is_not_used_again() {
        let mut made = ByIdentity::default();
        for number in 0..100 {
            let key = Arc::new(number);
            assert_eq!(made.get(&key), None);
            made.insert(&key, number);
        }
    }
}
