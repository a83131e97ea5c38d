/** Line icons, drawn for this page: 16 units, as thick as the text beside them. */
const paths = {
  overview: "M2 9.5 5.5 6l3 3L14 3.5M10.5 3.5H14V7M2 13.5h12",
  checkouts: "M2.5 3.5h11v9h-11zM2.5 6.5h11M5 10h3",
  failovers: "M2 5h5.5a3 3 0 0 1 3 3v0a3 3 0 0 0 3 3H14M11.5 8.5 14 11l-2.5 2.5M2 11h3",
  events: "M8 2.5v3M8 10.5v3M2.5 8h3M10.5 8h3M4.1 4.1l2 2M9.9 9.9l2 2M11.9 4.1l-2 2M6.1 9.9l-2 2",
  inbox: "M2.5 8.5 4.5 3h7l2 5.5V13h-11zM2.5 8.5H6l1 2h2l1-2h3.5",
  subscriptions: "M13 6A5.5 5.5 0 0 0 3 5.5M3 2.5v3h3M3 10a5.5 5.5 0 0 0 10 .5M13 13.5v-3h-3",
  payments:
    "M8 2v12M11 4.5C10.500 3.700 9.400 3.300 8 3.300c-1.700 0-3 .8-3 2.200 0 3.100 6.200 1.500 6.200 4.900 0 1.500-1.400 2.300-3.200 2.300-1.600 0-2.800-.6-3.300-1.600",
  disputes: "M8 2.500v11M5 13.500h6M3 4.500h10M3.800 4.500 2 9h3.600zM12.200 4.500 10.400 9H14z",
  alerts: "M8 2.500 14 13H2zM8 6.500v3M8 11.200v.1",
  drills:
    "M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM8 5.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5zM8 1v2M8 13v2M1 8h2M13 8h2",
  settings: "M2 4.500h7M12 4.500h2M2 11.500h2M7 11.500h7M9 2.700h3v3.600H9zM4 9.700h3v3.600H4z",
  check: "m3 8.500 3.200 3.200L13 4.800",
  cross: "m4 4 8 8M12 4l-8 8",
  skip: "M3 4l5 4-5 4zM12 4v8",
  dot: "M8 7v2",
  clock: "M8 2.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 0 0 0-11zM8 5v3l2 1.500",
  page: "M4 2.500h5L12 5.500v8H4zM9 2.500v3h3",
  user: "M8 2.500a2.700 2.700 0 1 0 0 5.400 2.700 2.700 0 0 0 0-5.400zM3 13.500c.5-2.500 2.500-4 5-4s4.500 1.500 5 4",
  menu: "M2.500 4.500h11M2.500 8h11M2.500 11.500h11",
  sun: "M8 5.300a2.700 2.700 0 1 0 0 5.400 2.700 2.700 0 0 0 0-5.400zM8 1.500v1.500M8 13v1.500M1.500 8H3M13 8h1.500M3.400 3.400l1 1M11.600 11.600l1 1M12.600 3.400l-1 1M4.400 11.600l-1 1",
  moon: "M13 9.500A5.500 5.500 0 0 1 6.500 3a5.500 5.500 0 1 0 6.500 6.500z",
  system: "M2 3h12v8H2zM6 13.500h4M8 11v2.500",
  search: "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM10.300 10.300l3.200 3.200",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  arrow: "M3 8h10M9.500 4.500 13 8l-3.500 3.500",
  out: "M9.500 2.500h4v4M13.500 2.500l-6 6M11 9.500v4H2.500V5H6.500",
  leave: "M6 2.500H2.500v11H6M10 5l3 3-3 3M13 8H6",
  refresh: "M13 8a5 5 0 1 1-1.500-3.600L13 6M13 2.500V6H9.500",
  undo: "M3 6.500h6.500a3.500 3.500 0 0 1 0 7H6M3 6.500l3-3M3 6.500l3 3",
  hand: "M2.500 8h4l1.500-4 2 8 1.500-4h2",
} as const

export type Name = keyof typeof paths

export const Icon = ({ name, size = 16 }: { readonly name: Name; readonly size?: number }) => (
  <svg className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" focusable="false">
    <path d={paths[name]} />
  </svg>
)
