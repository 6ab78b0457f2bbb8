"""Shared by the tests of reading: sentences in both scripts, and how an upright page with them is read."""

KHMER = (
    "តុលាការបានសម្រេចឲ្យលើកពេលសវនាការ",
    "ចៅក្រមស្តាប់ចម្លើយរបស់សាក្សីនៅក្នុងបន្ទប់",
    "មេធាវីសុំឲ្យពិនិត្យឯកសារម្តងទៀត",
    "ក្រឡាបញ្ជីកត់ត្រាចម្លើយទាំងអស់",
)
FRENCH = (
    "Le greffier a remis le dossier au procureur.",
    "Le tribunal entend les témoins à huit heures.",
    "La séance est levée et renvoyée à mardi.",
)
