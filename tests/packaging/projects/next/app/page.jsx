"use client";

import { checkCertNo } from "cloudauth-edge/identity";
import { useEffect, useState } from "react";

/** A form's check, which works while the component is rendered: on the server, then in the browser. */
export default function Page() {
  const checked = JSON.stringify(checkCertNo("11010519491231002X"));
  const [result, setResult] = useState("");
  useEffect(() => setResult(checked), []);
  return <output>{result}</output>;
}
