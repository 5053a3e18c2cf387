//! Alibaba Cloud face verification, without I/O.
