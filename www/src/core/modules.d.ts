declare module "#lab/cloudauth_edge.js" {
  const initialize: (options: { module_or_path: string }) => Promise<unknown>;
  export default initialize;
}

declare module "#lab/cloudauth_edge_bg.wasm?url" {
  const url: string;
  export default url;
}

declare module "#pkg/core.js" {
  export function guard(glue: object): object;
}

declare module "#phone/phone-screen.js" {
  export interface View {
    language: "zh" | "en";
    verification: object | undefined;
    outcomes: object | undefined;
    otherwise?: { title?: string; note?: string };
  }
  export class PhoneScreen {
    constructor(
      root: HTMLElement,
      options: {
        act: (certifyId: string, verb: string, content?: object) => Promise<object>;
        changed: (verification: object | undefined) => void | Promise<void>;
      },
    );
    show(view: View): void;
    focus(): void;
  }
  export function control<T>(
    address: string,
    request: { method?: string; path: string; content?: object | undefined; token?: string },
  ): Promise<{ answer: T; date: string | null }>;
}

declare module "#phone/phone-words.js" {
  export function preferredLanguage(): "zh" | "en";
  export function vendorWords(
    language: "zh" | "en",
    vendorMessage: string,
    text: { zh: string; en: string },
  ): string;
  export function label(
    language: "zh" | "en",
    vendorMessage: string,
    text: { zh: string; en: string },
  ): string;
}
