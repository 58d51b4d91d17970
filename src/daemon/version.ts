/** The engine's own version; clients print it. */
export const engineVersion = "0.1.0";
