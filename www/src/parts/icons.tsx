import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const Mark = () => (
  <Icon>
    <path d="M4 8V5.500A1.500 1.500 0 0 1 5.500 4H8m8 0h2.500A1.500 1.500 0 0 1 20 5.500V8m0 8v2.500a1.500 1.500 0 0 1-1.500 1.500H16m-8 0H5.500A1.500 1.500 0 0 1 4 18.500V16m4-3.500 3 3 5-6" />
  </Icon>
);
export const Sun = () => (
  <Icon>
    <circle cx="12" cy="12" r="4" />
    <path d="M12 2.500v2M12 19.500v2M4.900 4.900l1.400 1.400M17.700 17.700l1.400 1.400M2.500 12h2M19.500 12h2M4.900 19.100l1.400-1.400M17.700 6.300l1.400-1.400" />
  </Icon>
);
export const Moon = () => (
  <Icon>
    <path d="M20 14.200A8.200 8.200 0 0 1 9.800 4a8.200 8.200 0 1 0 10.200 10.200Z" />
  </Icon>
);
export const Right = () => (
  <Icon>
    <path d="m5 12.500 4.500 4.500L19 7.500" />
  </Icon>
);
export const Wrong = () => (
  <Icon>
    <path d="M6.500 6.500l11 11m0-11-11 11" />
  </Icon>
);
export const Warning = () => (
  <Icon>
    <path d="M12 4 2.500 20h19L12 4Zm0 6v4.500m0 2.700v.1" />
  </Icon>
);
export const Waiting = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.500" />
    <path d="M12 7.500V12l3 2" />
  </Icon>
);
export const Info = () => (
  <Icon>
    <circle cx="12" cy="12" r="8.500" />
    <path d="M12 11v5.500M12 7.600v.1" />
  </Icon>
);
export const Lock = () => (
  <Icon>
    <rect x="5" y="10.500" width="14" height="9" rx="1.500" />
    <path d="M8 10.500V8a4 4 0 0 1 8 0v2.500" />
  </Icon>
);
