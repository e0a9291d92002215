// The mark of the product.

/** A pipe that falls from a reservoir. */
export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
    <rect width="32" height="32" rx="7" />
    <path d="M7 9h7l8 14h4" />
  </svg>
)
