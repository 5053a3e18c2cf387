import { javaCallApi, javaOpenApi, javaSdk } from "./clients.mjs";
import { conforms } from "./suite.mjs";

conforms(javaSdk());
conforms(javaOpenApi());
conforms(javaCallApi());
conforms(javaCallApi("v2"));
