// SPDX-License-Identifier: Apache-2.0
//
// A synchronizer in Qt's event loop.
#include <QAbstractEventDispatcher>
#include <QCoreApplication>
#include <QSocketNotifier>
#include <QTimer>
#include <cstdio>

#include <synchronicity/host.h>

#include "redis/redis.h"
#include "work.h"

/* --- glue: a notifier for the descriptor, and a timer that is set anew before each wait --- */

class hosting
{
public:
    hosting() : readable(syn_host_fd(&redis_synchronizer), QSocketNotifier::Read)
    {
        timer.setSingleShot(true);
        QObject::connect(&readable, &QSocketNotifier::activated, turn);
        QObject::connect(&timer, &QTimer::timeout, turn);
        QObject::connect(QAbstractEventDispatcher::instance(), &QAbstractEventDispatcher::aboutToBlock, &timer,
                         [this] { before_the_wait(); });
    }

private:
    static void turn()
    {
        syn_host_turn(&redis_synchronizer);
    }

    void before_the_wait()
    {
        int ms = syn_host_timeout_ms(&redis_synchronizer);

        ms < 0 ? timer.stop() : timer.start(ms);
    }

    QSocketNotifier readable;
    QTimer timer;
};

/* --- the program --- */

static void over()
{
    QCoreApplication::quit();
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);

    if (syn_host_begin(&redis_synchronizer) || syn_host_fd(&redis_synchronizer) < 0)
        return std::fprintf(stderr, "no hosting, or no descriptor\n"), 77;
    {
        hosting here;

        if (work_begin(nullptr, over))
            return 1;
        app.exec();
    } // the descriptor goes with the hosting, which work_end() ends
    return work_end();
}
