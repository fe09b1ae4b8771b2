// The only script of the pages: copies what stands beside a button. Without it, or without a clipboard, the buttons stay
// hidden and the text can be selected.

export const SCRIPT = `'use strict'
const said = document.getElementById('said')
if (navigator.clipboard) {
  for (const button of document.querySelectorAll('button[data-copy]')) {
    const label = button.textContent
    button.hidden = false
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy)
        button.textContent = 'Copied'
        said.textContent = button.dataset.copy + ' is copied'
      } catch {
        button.textContent = 'Select it'
        getSelection().selectAllChildren(button.previousElementSibling)
      }
      setTimeout(() => { button.textContent = label }, 1600)
    })
  }
}
`
