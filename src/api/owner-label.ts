/** Label of containers, networks, volumes and secrets: the scoped socket that they were created through. */
export const ownerLabel = "hull.socket";
