// Buttons and links that look like buttons.
import type { ComponentChildren } from 'preact'

export interface ButtonProps {
  readonly children: ComponentChildren
  readonly onClick?: (() => void) | undefined
  readonly kind?: 'primary' | 'plain' | 'quiet' | 'danger'
  readonly type?: 'button' | 'submit'
  readonly disabled?: boolean | undefined
  /** True when it is chosen, for a button that switches something. */
  readonly pressed?: boolean
  /** A longer name for screen readers, where the text alone is not enough. */
  readonly label?: string
}

/** A button. */
export function Button({
  children,
  onClick,
  kind = 'plain',
  type = 'button',
  disabled = false,
  pressed,
  label,
}: ButtonProps) {
  return (
    <button
      class={`button button-${kind}`}
      type={type}
      disabled={disabled}
      aria-pressed={pressed}
      aria-label={label}
      onClick={onClick}
    >
      {children}
    </button>
  )
}

/** A link to another view. */
export function LinkButton({ href, children }: { readonly href: string; readonly children: ComponentChildren }) {
  return (
    <a class="button button-plain" href={href}>
      {children}
    </a>
  )
}
