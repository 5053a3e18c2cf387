import { preferredLanguage } from "#phone/phone-words.js";
import { effect, signal } from "@preact/signals";

export type Language = "zh" | "en";
export type Theme = "light" | "dark";

const storage = {
  get(name: string): string | null {
    try {
      return localStorage.getItem(`cloudauth-edge.${name}`);
    } catch {
      return null; // storage may be disabled
    }
  },
  set(name: string, value: string): void {
    try {
      localStorage.setItem(`cloudauth-edge.${name}`, value);
    } catch {
      // The choice then lasts until the page is closed.
    }
  },
};

function firstLanguage(): Language {
  const kept = storage.get("language");
  return kept === "zh" || kept === "en" ? kept : preferredLanguage();
}

function firstTheme(): Theme | null {
  const kept = storage.get("theme");
  return kept === "light" || kept === "dark" ? kept : null;
}

const system = matchMedia("(prefers-color-scheme: dark)");
const systemTheme = signal<Theme>(system.matches ? "dark" : "light");
system.addEventListener("change", () => (systemTheme.value = system.matches ? "dark" : "light"));

export const language = signal<Language>(firstLanguage());
/** The chosen theme; null to follow the system. */
const chosenTheme = signal<Theme | null>(firstTheme());
export const theme = {
  get value(): Theme {
    return chosenTheme.value ?? systemTheme.value;
  },
};

export function chooseLanguage(chosen: Language): void {
  language.value = chosen;
  storage.set("language", chosen);
}

export function toggleTheme(): void {
  chosenTheme.value = theme.value === "dark" ? "light" : "dark";
  storage.set("theme", chosenTheme.value);
}

effect(() => {
  document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en";
});
effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});
