/** Exit statuses that scripts know (compat/flags.md, "Exit status"). */
export const exitCodes = {
  success: 0,
  /** `lint` found something that would be refused. */
  refused: 1,
  usage: 2,
  /** A second signal while stopping. */
  interrupted: 130,
  fatal: 255,
} as const;
