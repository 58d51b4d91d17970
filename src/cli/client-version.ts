/** The client's version; the same as the package's, which a test holds equal. */
export const clientVersion = "0.1.0";
/** Newest Engine API version that the client's requests are written for. */
export const clientApiVersion = "1.55";
