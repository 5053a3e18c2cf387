import { byHand } from "./client-by-hand.js";
import { worker } from "./routes.js";

/** Without a ledger: whoever asks twice starts twice. */
export default worker(byHand);
