// The request and the endpoint of all programs here.

import { parameters, wire } from "../lib/input.mjs";

export { keys, parameters } from "../lib/input.mjs";
export const endpoint = process.env.ENDPOINT;
export const wired = wire(parameters);
