import { openApi, popCore } from "./clients.mjs";
import { conforms } from "./suite.mjs";

conforms(popCore("GET"));
conforms(popCore("POST"));
conforms(openApi());
conforms(openApi("v2"));
