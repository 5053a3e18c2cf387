import { render } from "preact";
import { App } from "./app";
import { startCore } from "./core";
import { learnSurroundings } from "./gateway";
import "#pkg/phone/phone-screen.css";
import "./style/base.css";
import "./style/parts.css";
import "./style/walkthrough.css";

void startCore();
void learnSurroundings();

const place = document.getElementById("console");
if (place) render(<App />, place);
