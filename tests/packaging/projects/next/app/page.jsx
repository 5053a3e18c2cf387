"use client";

import { checkCertNo, ready } from "cloudauth-edge/identity";
import { useEffect, useState } from "react";

/** A form's check, rendered on the server once and then run in the browser. */
export default function Page() {
  const [result, setResult] = useState("");
  useEffect(() => {
    ready().then(
      () => setResult(JSON.stringify(checkCertNo("11010519491231002X"))),
      (error) => setResult(String(error)),
    );
  }, []);
  return <output>{result}</output>;
}
