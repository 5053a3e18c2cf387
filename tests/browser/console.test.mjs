// One process, so that all tests share one gateway, one sandbox and one browser.

import "./frame.mjs";
import "./walkthrough.mjs";
import "./laboratory.mjs";
import "./identity.mjs";
import "./orders.mjs";
import "./phone.mjs";
