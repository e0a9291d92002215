// Choices of which one is shown.

interface TabsProps<Name extends string> {
  readonly label: string
  readonly names: readonly (readonly [name: Name, text: string])[]
  readonly chosen: Name
  readonly onChoose: (name: Name) => void
}

/** Buttons in a row, of which one is pressed. */
export function Tabs<Name extends string>({ label, names, chosen, onChoose }: TabsProps<Name>) {
  return (
    <div class="tabs" role="group" aria-label={label}>
      {names.map(([name, text]) => (
        <button key={name} type="button" class="tab" aria-pressed={name === chosen} onClick={() => onChoose(name)}>
          {text}
        </button>
      ))}
    </div>
  )
}
