// Empty: the cost of a process itself.
