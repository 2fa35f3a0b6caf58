/** Up to so many hosts each have lines of their own; more of them are summed up. */
export const fewHosts = 20;
