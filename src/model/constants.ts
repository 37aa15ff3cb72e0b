/** What requests get that belong to no backend, when no default backend is configured. */
export const DEFAULT_BACKEND_STATUS = 404;
