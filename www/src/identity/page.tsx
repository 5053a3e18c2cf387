export function IdentityChecker() { return null; }
