//! Brownout: break a backend, see what happens to the data.
