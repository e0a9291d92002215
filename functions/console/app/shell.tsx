// The frame around the pages: menu, account, and the page that the address names.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { me, signOut } from './api/session.ts'
import { settings } from './api/settings.ts'
import { isGiven } from './base/given.ts'
import { type Theme, theme, themes } from './base/theme.ts'
import { hrefOf, view } from './base/view.ts'
import { entryOf, menu } from './menu.ts'
import { Button } from './ui/button.tsx'
import { Mark } from './ui/mark.tsx'
import { Page } from './ui/page.tsx'
import { Empty } from './ui/states.tsx'

/** The whole page of a reader who is signed in. */
export function Shell() {
  const { page } = view.value
  const entry = entryOf(page)
  const isOpen = useSignal(false)
  useEffect(() => {
    document.title = `${entry?.name ?? 'Not found'} · Penstock`
    isOpen.value = false
    scrollTo(0, 0)
  }, [page])
  return (
    <div class="shell">
      <a class="skip" href="#content" onClick={skip}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href={hrefOf('overview')} aria-label="Penstock, first page">
          <Mark /> Penstock
        </a>
        <button
          type="button"
          class="button button-quiet menu-button"
          aria-expanded={isOpen.value}
          aria-controls="menu"
          onClick={() => (isOpen.value = !isOpen.value)}
        >
          Menu
        </button>
      </header>
      <div id="menu" class={`side${isOpen.value ? ' side-open' : ''}`}>
        <Menu page={page} />
        <Account />
      </div>
      <main id="content" tabIndex={-1}>
        {entry && entry.isVisible() ? <entry.component key={page} /> : <NoPage isKnown={entry !== undefined} />}
      </main>
    </div>
  )
}

/** The address after the # names the view, so the link moves the focus itself. */
function skip(event: Event): void {
  event.preventDefault()
  document.getElementById('content')?.focus()
}

function Menu({ page }: { readonly page: string }) {
  return (
    <nav aria-label="Pages">
      {menu.map(({ name, entries }) => {
        const visible = entries.filter(({ isVisible }) => isVisible())
        if (visible.length === 0) return null
        return (
          <ul key={name} aria-label={name}>
            {visible.map((entry) => (
              <li key={entry.page}>
                <a href={hrefOf(entry.page)} aria-current={entry.page === page ? 'page' : undefined}>
                  {entry.name}
                </a>
              </li>
            ))}
          </ul>
        )
      })}
    </nav>
  )
}

const THEME_NAMES: Readonly<Record<Theme, string>> = { auto: 'Auto', light: 'Light', dark: 'Dark' }

function Account() {
  const who = me.value
  return (
    <div class="account">
      <p class="account-name">
        <strong>{who?.tenant ?? 'Platform'}</strong>
        <span class="note">{[who?.name, who?.role].filter(isGiven).join(', ')}</span>
      </p>
      <div class="tabs tabs-small" role="group" aria-label="Colours">
        {themes.map((one) => (
          <button
            key={one}
            type="button"
            class="tab"
            aria-pressed={theme.value === one}
            onClick={() => (theme.value = one)}
          >
            {THEME_NAMES[one]}
          </button>
        ))}
      </div>
      <Button kind="quiet" onClick={signOut}>
        Sign out
      </Button>
      <p class="note">
        <a href="/docs">API reference</a> {settings().version}
      </p>
    </div>
  )
}

function NoPage({ isKnown }: { readonly isKnown: boolean }) {
  return isKnown ? (
    <Page title="Not allowed">
      <Empty title="This credential does not allow this page">
        <p>Sign in with a key that has its scope, or choose a page of the menu.</p>
      </Empty>
    </Page>
  ) : (
    <Page title="Not found">
      <Empty title="There is no such page">
        <p>
          The address may be mistyped. <a href={hrefOf('overview')}>Go to the first page</a>
        </p>
      </Empty>
    </Page>
  )
}
