// Empty: measures the cost of a process.
