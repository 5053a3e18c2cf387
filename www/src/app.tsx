import type { ComponentChildren, ComponentType } from "preact";
import { useErrorBoundary } from "preact/hooks";
import { signal } from "@preact/signals";
import { startCore } from "./core";
import { known, learnSurroundings, surroundings } from "./gateway";
import { Mark, Moon, Sun } from "./parts/icons";
import { OutdatedNotice, ReloadNotice } from "./parts/notice";
import { Loading, Page } from "./parts/page";
import { chooseLanguage, language, theme, toggleTheme } from "./preferences";
import { hrefOf, route, tools, type Tool } from "./routes";
import { t } from "./text";
import type { Catalogue } from "./text/zh";
import { WalkThrough } from "./walkthrough/page";

/** The first page is part of the console's bundle; the others load when they are first opened. */
const pages = signal<Partial<Record<Tool, ComponentType>>>({ walkthrough: WalkThrough });
const loaders: Record<Exclude<Tool, "walkthrough">, () => Promise<ComponentType>> = {
  signature: async () => (await import("./signature/page")).Laboratory,
  identity: async () => (await import("./identity/page")).IdentityChecker,
  ledger: async () => (await import("./ledger/page")).Ledger,
};
const broken = signal<Tool | null>(null);

async function load(tool: Tool): Promise<void> {
  // The orders do without the module, and the others are painted before it comes.
  if (tool !== "ledger") requestAnimationFrame(() => setTimeout(() => void startCore()));
  if (tool === "walkthrough" || pages.value[tool]) return;
  broken.value = null;
  try {
    const page = await loaders[tool]();
    pages.value = { ...pages.value, [tool]: page };
  } catch {
    broken.value = tool;
  }
}

route.subscribe(({ tool }) => void load(tool));

export function App() {
  const { tool, part } = route.value;
  const Shown = pages.value[tool];
  const { title, lead, subject } = headOf(t.value, tool, part);
  return (
    <>
      <a class="skip" href="#content" onClick={skip}>
        {t.value.app.skip}
      </a>
      <Header />
      <Page key={tool} title={title} lead={lead} subject={subject}>
        {Shown ? (
          <Guarded>
            <Shown />
          </Guarded>
        ) : broken.value === tool ? (
          <OutdatedNotice />
        ) : (
          <Loading />
        )}
      </Page>
    </>
  );
}

interface Head {
  title: string;
  lead: string;
  /** What the page is about, if the tool has several of them: an order's number. */
  subject?: string;
}

function headOf({ ledger, ...tools }: Catalogue, tool: Tool, part: string): Head {
  if (tool !== "ledger") return tools[tool];
  return part ? { title: ledger.orderTitle, lead: ledger.orderLead, subject: part } : ledger;
}

/** If one tool throws, the others remain usable. */
function Guarded({ children }: { children: ComponentChildren }) {
  const [error] = useErrorBoundary();
  if (!error) return <>{children}</>;
  const { brokenTitle, broken: text } = t.value.app;
  return <ReloadNotice title={brokenTitle} text={text} />;
}

// The URL's fragment names the tool, so the link must not change it.
function skip(event: Event) {
  event.preventDefault();
  document.querySelector<HTMLElement>("#content h1")?.focus();
}

function Header() {
  const other = language.value === "zh" ? "en" : "zh";
  return (
    <header class="top">
      <div class="top-inner">
        <a class="brand" href={hrefOf("walkthrough")}>
          <Mark />
          <span>
            <strong>{t.value.app.name}</strong>
            <span class="brand-subtitle">{t.value.app.subtitle}</span>
          </span>
        </a>
        <nav class="tools" aria-label={t.value.app.tools}>
          {tools.map((tool) => (
            <a
              key={tool}
              href={hrefOf(tool)}
              {...(route.value.tool === tool ? { "aria-current": "page" as const } : {})}
            >
              {t.value.app[tool]}
            </a>
          ))}
        </nav>
        <div class="top-aside">
          <ModeBadge />
          <button
            type="button"
            class="button quiet small"
            lang={other === "zh" ? "zh-CN" : "en"}
            aria-label={t.value.app.otherLanguageLabel}
            onClick={() => chooseLanguage(other)}
          >
            {t.value.app.otherLanguage}
          </button>
          <button
            type="button"
            class="button quiet small square"
            aria-label={theme.value === "dark" ? t.value.app.toLight : t.value.app.toDark}
            onClick={toggleTheme}
          >
            {theme.value === "dark" ? <Sun /> : <Moon />}
          </button>
        </div>
      </div>
    </header>
  );
}

function ModeBadge() {
  const here = known();
  if (here) {
    const { mode } = here;
    return (
      <span class={mode === "production" ? "badge warn" : "badge"} title={t.value.app[`${mode}Title`]}>
        {mode === "production" ? (
          t.value.app.production
        ) : (
          <>
            <span class={mode === "staging" ? "" : "wide-only"}>{t.value.app[mode]}</span>
            <span class="wide-only"> · </span>
            <span class={mode === "staging" ? "wide-only" : ""}>{t.value.app.sandbox}</span>
          </>
        )}
      </span>
    );
  }
  if (surroundings.value === "loading") return null;
  return (
    <button type="button" class="badge bad" onClick={() => void learnSurroundings()}>
      {t.value.app.noGateway}
    </button>
  );
}
