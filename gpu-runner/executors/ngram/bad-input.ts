// Thrown where the job itself is at fault, so that no other attempt would fare better.

export class BadInput extends Error {}
