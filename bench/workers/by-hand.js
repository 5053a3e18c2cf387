import { byHand } from "./client-by-hand.js";
import { worker } from "./routes.js";

/** Without a ledger: a replay starts a second verification. */
export default worker(byHand);
