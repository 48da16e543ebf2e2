// SPDX-License-Identifier: Apache-2.0
//
// A mailbox in Qt's event loop.
#include <QCoreApplication>
#include <QSocketNotifier>
#include <optional>

#include "work.h"

/* --- glue: one notifier, for the descriptor --- */

class draining
{
public:
    explicit draining(syn_mailbox *box) : readable(syn_mailbox_fd(box), QSocketNotifier::Read)
    {
        QObject::connect(&readable, &QSocketNotifier::activated, [box] { syn_mailbox_drain(box, 0); });
    }

private:
    QSocketNotifier readable;
};

/* --- the program --- */

static void over()
{
    QCoreApplication::quit();
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    std::optional<draining> here;
    syn_mailbox *box;

    if (syn_mailbox_new(nullptr, &box) || syn_mailbox_fd(box) < 0)
        return syn_perror("syn_mailbox"), 1;
    here.emplace(box);
    if (work_begin(box, over))
        return 1;
    app.exec();
    here.reset(); // the descriptor goes with the mailbox
    syn_mailbox_release(box);
    return work_end();
}
