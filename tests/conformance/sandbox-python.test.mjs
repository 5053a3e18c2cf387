import { pythonOpenApi, pythonSdkCore } from "./clients.mjs";
import { conforms } from "./suite.mjs";

conforms(pythonSdkCore("POST"));
conforms(pythonSdkCore("GET"));
conforms(pythonOpenApi());
conforms(pythonOpenApi("v2"));
