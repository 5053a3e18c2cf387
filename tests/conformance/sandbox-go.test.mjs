import { goOpenApi, goSdk } from "./clients.mjs";
import { conforms } from "./suite.mjs";

conforms(goSdk());
conforms(goOpenApi());
conforms(goOpenApi("v2"));
