import { javaSdk } from "./clients.mjs";
import { conforms } from "./suite.mjs";

conforms(javaSdk());
