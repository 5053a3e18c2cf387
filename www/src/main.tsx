import { render } from "preact";
import { App } from "./app";
import { learnSurroundings } from "./gateway";
import "./style/base.css";
import "./style/parts.css";

void learnSurroundings();

const place = document.getElementById("console");
if (place) render(<App />, place);
